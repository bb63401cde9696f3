/**
 * The transcendental functions, each written once as straight-line arithmetic on lanes.
 *
 * <p>A <em>recipe</em> such as {@code Exponentials.exp} is a static method over an {@link lyceum.backend.math.Arithmetic}. The
 * arithmetic may compute (one lane in {@link lyceum.backend.math.ScalarArithmetic32}, blocks of lanes in the vector backend) or write machine
 * instructions down. Each of its operations has one exact IEEE meaning, so a recipe gives the same bits everywhere, and its accuracy, tested over
 * all floats in plain Java, is the accuracy of the machine code too. Start from {@link lyceum.backend.math.Recipes}, which knows them all.
 */
package lyceum.backend.math;
