/** Labs of linear algebra: decompositions, least squares, eigenvalues, norms, subspaces, maps, angles. Start from {@code SvdLab}. */
package lyceum.labs.linalg;
