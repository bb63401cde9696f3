/**
 * Statistics of tables with holes, which are NaN. {@link lyceum.stats.missing.Missingness} makes holes by chance, by other columns or by the value itself;
 * {@link lyceum.stats.missing.LittleTest} asks whether they look like chance; {@link lyceum.stats.missing.NormalEm} fits a normal to what is there;
 * {@link lyceum.stats.missing.Mice} draws several completions, which {@link lyceum.stats.missing.MultipleImputation} pools to one answer with an honest
 * interval.
 */
package lyceum.stats.missing;
