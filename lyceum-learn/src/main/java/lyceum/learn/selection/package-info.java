/**
 * Which model to take, and how good it will be. {@link lyceum.learn.selection.CrossValidation} scores whole pipelines on rows that they have not seen,
 * {@link lyceum.learn.selection.FoldScheme} says which rows, {@link lyceum.learn.selection.BiasVariance} takes an error apart where the truth is known,
 * {@link lyceum.learn.selection.Generalization} measures how much better a learner does on what it saw;
 * {@link lyceum.learn.selection.TrainingOnly} marks rows that must not be divided any more. Searching hyper-parameters is {@code lyceum.learn.tuning}.
 * Start at {@code CrossValidation}.
 */
package lyceum.learn.selection;
