/**
 * What every floor shares: {@link lyceum.DType}, the element types of a tensor, and the exceptions.
 *
 * <p>Start at {@link lyceum.tensor.Tensor}.
 */
package lyceum;
