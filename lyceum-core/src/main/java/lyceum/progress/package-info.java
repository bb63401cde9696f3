/**
 * How long work tells where it stands and how it is asked to stop: {@link lyceum.progress.Progress} is an argument of whatever may take more
 * than a second, and silent unless the caller gives one.
 */
package lyceum.progress;
