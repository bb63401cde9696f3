/** Starts a topic: writes the files it needs, all of which fail until they are filled in. See {@link lyceum.labs.start.NewTopic}. */
package lyceum.labs.start;
