"""A bot that greets whoever mentions it.

`CHORUS_URL=http://127.0.0.1:3000 CHORUS_TOKEN=chorus-bot-… python greeter.py`
"""

import asyncio

from chorus.client import Bot, Message

bot = Bot()


@bot.on_message
async def greet(message: Message) -> None:
    """Answer whoever mentions the bot."""
    if message.calls_me:
        await message.reply(f"Hello, {message.sender.name}!")


asyncio.run(bot.run())
