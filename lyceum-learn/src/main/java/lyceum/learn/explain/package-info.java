/**
 * Why a model said what it said. Start at {@link lyceum.learn.explain.Explainer}, which asks any function of rows;
 * {@link lyceum.learn.explain.FeatureAttribution} splits one output among the columns.
 */
package lyceum.learn.explain;
