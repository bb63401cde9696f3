/** Several targets by learners that know one: {@link lyceum.learn.multioutput.MultiOutput} of numbers, {@link lyceum.learn.multioutput.MultiOutputClassifier} of labels. */
package lyceum.learn.multioutput;
