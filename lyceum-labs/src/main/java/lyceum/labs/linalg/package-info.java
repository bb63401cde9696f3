/** Labs of linear algebra: decompositions, least squares, eigenvalues. Start from {@code SvdLab}. */
package lyceum.labs.linalg;
