package lyceum.learn.explain;

/**
 * Outputs as columns are taken away or given back in an order.
 *
 * @param outputs before the first column, after it, after the second and so on
 */
public record Faithfulness(double[] outputs) {
    /** The mean height by trapezia over equal steps. Deletion is good if it is small, insertion if it is large. */
    public double area() {
        double sum = 0;
        for (int k = 0; k + 1 < outputs.length; k++) sum += (outputs[k] + outputs[k + 1]) / 2;
        return sum / (outputs.length - 1);
    }
}
