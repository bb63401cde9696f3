/**
 * What stands behind {@link lyceum.linalg}: factorisations of small matrices as rows, {@code double[][]}, in place, and of large ones as windows on memory outside
 * the heap ({@link lyceum.linalg.dense.Block}), whose products, substitutions and turned copies are a backend's. Not for users, who have tensors and checks there;
 * public so that both packages see them. Start at {@link lyceum.linalg.dense.Rows} and {@link lyceum.linalg.dense.CholeskyBlocks}.
 */
package lyceum.linalg.dense;
