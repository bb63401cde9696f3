/**
 * What the author of a lab sees. A lab is a small program that runs a topic of machine learning on real computation and checks its
 * claim with numbers.
 *
 * <p>Start at {@link lyceum.labs.LabContext}, through which a lab asks for parameters and shows what it found. A lab is a class
 * annotated with {@link lyceum.labs.Lab} that implements {@link lyceum.labs.LabBody}; {@link lyceum.labs.Bounds} has the bounds that
 * its numbers are checked against. The labs themselves live in packages below this one, one an area; {@code lyceum.labs.run} runs
 * them, and {@code lyceum.labs.catalogue} has the topics that they prove.
 */
package lyceum.labs;
