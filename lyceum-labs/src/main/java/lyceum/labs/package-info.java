/**
 * Labs: small programs that run a topic of machine learning on real computation and check its claim with numbers.
 *
 * <p>Start at {@link lyceum.labs.LabContext}, which is all that a lab sees. A lab is a class annotated with
 * {@link lyceum.labs.Lab} that implements {@link lyceum.labs.LabBody}; {@link lyceum.labs.LabRunner} runs it in this JVM,
 * {@link lyceum.labs.WorkerPool} in a JVM of its own, and {@link lyceum.labs.RunStore} keeps what came out. The labs
 * themselves live in packages below this one, one an area; the topics that they prove stand in {@code lyceum.labs.catalogue}.
 */
package lyceum.labs;
