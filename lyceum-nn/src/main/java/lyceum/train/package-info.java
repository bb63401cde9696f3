/**
 * Training loops: {@link lyceum.train.Trainer} is the class to start from. It is a record of settings; {@link lyceum.train.TrainingRun} is one
 * run of it, which can be stepped, stopped, saved and resumed bit for bit, and {@link lyceum.train.History} what the run has seen.
 * {@link lyceum.train.FineTuner} goes on from trained weights, {@link lyceum.train.TransferLearning} judges and uses a source network, and
 * {@link lyceum.train.TrainingMemory} says beforehand what a run will hold.
 */
package lyceum.train;
