/**
 * Running labs and keeping what came out.
 *
 * <p>Start at {@link lyceum.labs.run.LabExecutor}: it takes a {@link lyceum.labs.run.LabRequest}, reports
 * {@link lyceum.labs.run.LabEvent}s while the lab runs and returns a {@link lyceum.labs.run.LabResult}.
 * {@link lyceum.labs.run.LabRunner} runs a lab in this JVM, {@link lyceum.labs.run.WorkerPool} in a JVM of its own, and
 * {@link lyceum.labs.run.RunStore} keeps results on disk.
 */
package lyceum.labs.run;
