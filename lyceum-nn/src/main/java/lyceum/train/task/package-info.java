/**
 * Training by a file: {@link lyceum.train.task.TrainingSettings} is what the file says, a {@link lyceum.train.task.TrainingTask} what is
 * trained on what, and {@link lyceum.train.task.TrainingJob} the run with its metrics, checkpoints and resumption. {@code lyceum train} is
 * this package at the command line.
 */
package lyceum.train.task;
