"""What clients ask that is done to messages: `message.send`, `.edit`, `.delete`, `.react` and `.unreact`."""

from chorus.chat.access.proxies import Proxies
from chorus.chat.actions import messages
from chorus.chat.actions.chat import Chat
from chorus.chat.domain.sessions import Origin
from chorus.chat.live import events
from chorus.chat.live.allowance import Allowance
from chorus.chat.live.answering import answer
from chorus.chat.live.members import Member
from chorus.chat.live.payloads import (
    Acknowledgement,
    DeleteMessage,
    EditMessage,
    MessageSent,
    ReactToMessage,
    SendMessage,
)
from chorus.realtime import Namespace


class Sending:
    """Binds them. `proxies` are those whose word about an address counts."""

    def __init__(self, chat: Chat, namespace: Namespace, allowance: Allowance, proxies: Proxies) -> None:
        self._chat = chat
        self._proxies = proxies
        answer(namespace, allowance, events.MESSAGE_SEND, self._send)
        answer(namespace, allowance, events.MESSAGE_EDIT, self._edit)
        answer(namespace, allowance, events.MESSAGE_DELETE, self._delete)
        answer(namespace, allowance, events.MESSAGE_REACT, self._react)
        answer(namespace, allowance, events.MESSAGE_UNREACT, self._unreact)

    async def _send(self, member: Member, asked: SendMessage) -> Acknowledgement:
        sent = await messages.send(
            self._chat,
            by=member.account,
            channel=asked.channel,
            client_id=asked.client_id,
            text=asked.text,
            thread=asked.thread,
            files=asked.files,
        )
        return MessageSent.of(sent.line)

    async def _edit(self, member: Member, asked: EditMessage) -> Acknowledgement:
        sent = await messages.edit(
            self._chat,
            by=member.account,
            channel=asked.channel,
            seq=asked.seq,
            client_id=asked.client_id,
            text=asked.text,
        )
        return MessageSent.of(sent.line)

    async def _delete(self, member: Member, asked: DeleteMessage) -> Acknowledgement:
        sent = await messages.delete(
            self._chat,
            by=member.account,
            channel=asked.channel,
            seq=asked.seq,
            client_id=asked.client_id,
            origin=self._origin(member),
        )
        return MessageSent.of(sent.line)

    async def _react(self, member: Member, asked: ReactToMessage, *, standing: bool = True) -> Acknowledgement:
        sent = await messages.react(
            self._chat,
            by=member.account,
            channel=asked.channel,
            seq=asked.seq,
            client_id=asked.client_id,
            emoji=asked.emoji,
            standing=standing,
        )
        return MessageSent.of(sent.line)

    async def _unreact(self, member: Member, asked: ReactToMessage) -> Acknowledgement:
        return await self._react(member, asked, standing=False)

    def _origin(self, member: Member) -> Origin:
        request = member.client.request
        forwarded = request.header("x-forwarded-for") or ""
        return Origin(address=self._proxies.client_of(request.remote, forwarded=forwarded))
