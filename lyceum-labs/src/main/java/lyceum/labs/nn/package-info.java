/** Labs about networks: activations, losses, the multilayer perceptron. Start at {@code SquashingLab}. */
package lyceum.labs.nn;
