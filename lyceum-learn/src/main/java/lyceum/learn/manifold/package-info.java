/**
 * Maps of data that lie on a curved surface. {@link lyceum.learn.manifold.Isomap} unrolls it by distances along it,
 * {@link lyceum.learn.manifold.LocallyLinearEmbedding} by each row's place among its neighbours;
 * {@link lyceum.learn.manifold.Tsne} keeps who is near whom and lets the rest go,
 * {@link lyceum.learn.manifold.Umap} joins near rows in a fuzzy graph first and has a kind that is drawn by a network.
 * {@link lyceum.learn.manifold.Trustworthiness} says how far a map's neighbours can be believed.
 */
package lyceum.learn.manifold;
