/** Labs of the core's topics: tensors, derivatives, optimisers. Each class is one; start at {@link lyceum.labs.core.SoftmaxLab}. */
package lyceum.labs.core;
