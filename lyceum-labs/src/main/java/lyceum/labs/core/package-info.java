<<<<<<< HEAD
/** Labs of the core's topics: tensors, derivatives, optimisers. Each class is one; start at {@link lyceum.labs.core.SoftmaxLab}. */
=======
/** Labs of lyceum-core: optimisers and derivatives. Each is one class; {@link lyceum.labs.Lab} on it names its topics. */
>>>>>>> optim
package lyceum.labs.core;
