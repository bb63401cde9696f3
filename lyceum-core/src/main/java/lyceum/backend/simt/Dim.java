package lyceum.backend.simt;

/** How many blocks a grid has along its axes, or threads a block. @param x the axis along which warps are cut */
public record Dim(int x, int y, int z) {

    /** @throws IllegalArgumentException if an axis has less than one */
    public Dim {
        if (x < 1 || y < 1 || z < 1) throw new IllegalArgumentException("Dim(" + x + ", " + y + ", " + z + "): every axis has at least 1");
    }

    public Dim(int x) { this(x, 1, 1); }

    public Dim(int x, int y) { this(x, y, 1); }

    /** So many blocks of {@code block} as cover {@code n}. */
    public static Dim covering(long n, int block) { return new Dim(Math.toIntExact(Math.max(1, Math.ceilDiv(n, block)))); }

    /** All of them. */
    public int count() { return Math.multiplyExact(Math.multiplyExact(x, y), z); }

    /** Place number {@code i} in the order of x, y, z. */
    String place(int i) { return "(" + i % x + ", " + i / x % y + ", " + i / x / y + ")"; }
}
