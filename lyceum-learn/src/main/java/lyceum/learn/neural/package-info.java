/**
 * Neural networks as learners: {@link lyceum.learn.neural.MlpClassifier} and {@link lyceum.learn.neural.MlpRegressor} put
 * {@link lyceum.nn.Mlp} behind the interfaces that pipelines, cross-validation and search work on.
 */
package lyceum.learn.neural;
