/** Representations without labels: views, teachers that follow, and what is learned from them. {@link lyceum.train.LinearProbe} reads what was learned. */
package lyceum.models.ssl;
