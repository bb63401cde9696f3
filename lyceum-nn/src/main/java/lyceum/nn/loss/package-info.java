/** What training minimises: {@link lyceum.nn.loss.Loss} is the class to start from. */
package lyceum.nn.loss;
