package lyceum.nn.loss;

/** A sum that carries what each addition and product loses (Neumaier 1974; products by one fused multiply-add). */
final class CompensatedSum {
    private double sum, lost;

    void add(double x) {
        double next = sum + x;
        lost += Math.abs(sum) >= Math.abs(x) ? sum - next + x : x - next + sum;
        sum = next;
    }

    void addProduct(double a, double b) {
        double product = a * b;
        add(product);
        lost += Math.fma(a, b, -product);
    }

    double value() { return sum + lost; }
}
