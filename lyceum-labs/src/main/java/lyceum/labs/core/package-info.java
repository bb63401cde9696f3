/** Labs of lyceum-core: optimisers and derivatives. Each is one class; {@link lyceum.labs.Lab} on it names its topics. */
package lyceum.labs.core;
