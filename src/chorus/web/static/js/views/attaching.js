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

/**
 * The files of what is pasted. Office programs put a picture of the words beside the words: then the words are meant. (A picture
 * of a page has no plain text, and a file that was copied has its name as plain text, and no HTML.)
 */
export function filesPasted({ types, files }) {
  const words = types.includes("text/plain") && types.includes("text/html");
  return words ? [] : [...files];
}
