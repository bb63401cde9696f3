/**
 * Networks over sets and clouds of points, for which the order means nothing. Begin with {@link lyceum.models.points.DeepSets};
 * {@link lyceum.models.points.PointNet} for points in space.
 */
package lyceum.models.points;
