/**
 * Derivatives of functions over tensors: {@link lyceum.autograd.Autograd} is the class to start from, {@link lyceum.autograd.Primitive} the
 * way to add an operation with a gradient of its own. The tape and the table of gradients are in {@code lyceum.tensor}.
 */
package lyceum.autograd;
