/**
 * What is read how often: {@link lyceum.data.mixture.DataMixture} draws from several corpora by weight and goes on where it stopped,
 * {@link lyceum.data.mixture.GroupDro} and {@link lyceum.data.mixture.MixtureLaw} find the weights by small runs.
 */
package lyceum.data.mixture;
