/** Texts that fit a rule by construction: a {@link lyceum.serve.constrain.Grammar}, out of a pattern, a schema or productions, asked by {@link lyceum.serve.constrain.GrammarConstraint} before each token. */
package lyceum.serve.constrain;
