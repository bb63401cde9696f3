/** Starts a topic: writes the files it needs, all of which fail until somebody fills them. See {@link lyceum.labs.start.NewTopic}. */
package lyceum.labs.start;
