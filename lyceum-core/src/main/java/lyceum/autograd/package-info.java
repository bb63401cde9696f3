/**
 * Derivatives of functions over tensors: {@link lyceum.autograd.Autograd} is the class to start from, {@link lyceum.autograd.Primitive} the
 * way to add an operation with a gradient of its own. The tape and the table of gradients are in {@code lyceum.tensor}.
 * {@link lyceum.autograd.Graph} is a function as data, to be printed, rewritten, differentiated, planned and replayed.
 */
package lyceum.autograd;
