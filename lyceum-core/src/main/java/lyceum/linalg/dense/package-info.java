/**
 * The loops behind {@link lyceum.linalg}: factorisations of matrices as rows, {@code double[][]}, in place. Not for users, who have tensors and
 * checks there; public so that both packages see them. Start at {@link lyceum.linalg.dense.Rows}.
 */
package lyceum.linalg.dense;
