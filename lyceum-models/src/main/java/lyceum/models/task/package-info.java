/** What {@code lyceum train} can learn from pictures and tables: tasks that a file asks for by name, see {@link lyceum.train.task.TrainingTask}. */
package lyceum.models.task;
