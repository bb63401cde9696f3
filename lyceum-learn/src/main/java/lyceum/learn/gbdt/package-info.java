/**
 * Gradient boosted trees of the second order, as XGBoost, LightGBM and CatBoost build them. Start with
 * {@link lyceum.learn.gbdt.GbdtRegressor} or {@link lyceum.learn.gbdt.GbdtClassifier}; both fit {@link
 * lyceum.learn.gbdt.GradientBoostedTrees}, which
 * read and write XGBoost's JSON.
 */
package lyceum.learn.gbdt;
