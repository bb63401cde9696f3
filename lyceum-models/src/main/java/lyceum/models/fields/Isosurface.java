package lyceum.models.fields;

import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import lyceum.tensor.Tensor;

/**
 * Where a field takes a value: lines in the plane, triangles in space. Cells of a grid are cut into triangles, or six tetrahedra, on which the field is taken as
 * linear: marching squares and cubes without their ambiguous cases.
 *
 * @param vertices (n, 2) or (n, 3)
 * @param faces two numbers of vertices a line, three a triangle
 * @see <a href="https://doi.org/10.1145/37402.37422">Lorensen and Cline (1987), marching cubes</a>
 * @see <a href="https://doi.org/10.1587/e74-d.1.214">Doi and Koide (1991), tetrahedra</a>
 */
public record Isosurface(double[][] vertices, int[][] faces) {
    private static final int[][] ORDERS_2 = {{0, 1}, {1, 0}}, ORDERS_3 = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};

    /**
     * On a grid of {@code cells} an axis over [-1, 1]^d.
     *
     * @param field from (n, d) to (n, 1)
     * @param dimensions 2 or 3
     */
    public static Isosurface of(UnaryOperator<Tensor> field, int dimensions, int cells, double level) {
        if (dimensions != 2 && dimensions != 3 || cells < 1)
            throw new IllegalArgumentException("Isosurface: " + dimensions + " dimensions, " + cells + " cells; 2 or 3, and at least 1");
        int side = cells + 1, n = (int) Math.pow(side, dimensions);
        var at = new float[n * dimensions];
        for (int i = 0; i < n; i++)
            for (int k = 0, rest = i; k < dimensions; k++, rest /= side) at[i * dimensions + k] = 2f * (rest % side) / cells - 1;
        var value = field.apply(Tensor.of(at, n, dimensions)).detach().toDoubleArray();
        var vertices = new ArrayList<double[]>();
        var faces = new ArrayList<int[]>();
        var corner = new int[dimensions + 1];
        for (int i = 0; i < n; i++) {
            if (!isCell(i, dimensions, side)) continue;
            for (var order : dimensions == 2 ? ORDERS_2 : ORDERS_3) {
                corner[0] = i;
                for (int k = 0; k < dimensions; k++) corner[k + 1] = corner[k] + (int) Math.pow(side, order[k]);
                cut(corner, at, value, level, dimensions, vertices, faces);
            }
        }
        return new Isosurface(vertices.toArray(double[][]::new), faces.toArray(int[][]::new));
    }

    private static boolean isCell(int i, int dimensions, int side) {
        for (int k = 0; k < dimensions; k++, i /= side) if (i % side == side - 1) return false;
        return true;
    }

    /** Of a simplex, the edges between corners below and not below the level. */
    private static void cut(int[] corner, float[] at, double[] value, double level, int d, List<double[]> vertices, List<int[]> faces) {
        var cuts = new ArrayList<Integer>();
        for (int a = 0; a < d; a++) for (int b = a + 1; b <= d; b++) {
            double p = value[corner[a]] - level, q = value[corner[b]] - level;
            if (p < 0 == q < 0) continue;
            var place = new double[d];
            for (int k = 0; k < d; k++) place[k] = (at[corner[a] * d + k] * q - at[corner[b] * d + k] * p) / (q - p);
            cuts.add(vertices.size());
            vertices.add(place);
        }
        if (cuts.size() == d) faces.add(cuts.stream().mapToInt(c -> c).toArray());
        if (cuts.size() == 4) { // two corners on either side of a tetrahedron: edges in the order ac, ad, bc, bd
            faces.add(new int[] {cuts.get(0), cuts.get(1), cuts.get(2)});
            faces.add(new int[] {cuts.get(1), cuts.get(2), cuts.get(3)});
        }
    }
}
