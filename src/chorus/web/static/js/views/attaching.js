/** What a composer needs to attach files: the way to the server, for whatever the composer calls its place. */

/** `channelOf` gives the channel of a composer's place. */
export function attachingTo(store, actions, channelOf) {
  return {
    limit: () => store.state.fileLimit,
    upload: (place, file, onProgress) => actions.upload(channelOf(place), file, onProgress),
    withdraw: (id) => actions.withdraw(id),
    complain: (words) => actions.complain(words),
  };
}
