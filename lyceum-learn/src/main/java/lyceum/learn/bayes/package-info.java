/** Classifiers from Bayes' rule. Start with {@link lyceum.learn.bayes.NaiveBayes}. */
package lyceum.learn.bayes;
