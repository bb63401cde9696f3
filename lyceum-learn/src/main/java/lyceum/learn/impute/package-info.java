/**
 * Filling holes (NaN) before learning, with what the training rows say: {@link lyceum.learn.impute.SimpleImputer} by one number a column,
 * {@link lyceum.learn.impute.KnnImputer} by similar rows, {@link lyceum.learn.impute.IterativeImputer} by regression on the other columns. For intervals and
 * tests draw several completions instead: {@link lyceum.stats.missing.Mice}.
 */
package lyceum.learn.impute;
