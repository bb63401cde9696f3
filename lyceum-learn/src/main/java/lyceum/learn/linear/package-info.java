/**
 * Linear models: least squares with its inference table, ridge, lasso and elastic net, logistic regression, the perceptron.
 *
 * <p>Start with {@link lyceum.learn.linear.Ridge}, or with {@link lyceum.learn.linear.LinearRegression} where standard errors are wanted, or with
 * {@link lyceum.learn.linear.LogisticRegression} for classes. Every learner is a record of its options; penalties are stated in each
 * class's first formula, because programs differ in whether they divide the loss by the number of rows.
 */
package lyceum.learn.linear;
