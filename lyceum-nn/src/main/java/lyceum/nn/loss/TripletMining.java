package lyceum.nn.loss;

/** Which triplets of a labelled batch a {@link TripletLoss} is taken over. A row is no positive of itself. */
public enum TripletMining {
    /** Every triplet that has a loss, all of them with the soft margin: the mean is over the active ones alone. */
    ALL {
        @Override void mine(double[][] distance, long[] labels, TripletLoss loss, Triplets.Found found) {
            int n = labels.length;
            for (int a = 0; a < n; a++)
                for (int p = 0; p < n; p++) if (p != a && labels[p] == labels[a]) for (int q = 0; q < n; q++) if (labels[q] != labels[a]) {
                    double away = loss.swap() ? Math.min(distance[a][q], distance[p][q]) : distance[a][q];
                    if (loss.soft() || distance[a][p] - away + loss.margin() > 0) found.add(a, p, q);
                }
        }
    },
    /** For each anchor that has both, the farthest positive and the nearest negative, satisfied or not; of equals the first (Hermans et al. 2017). */
    HARD {
        @Override void mine(double[][] distance, long[] labels, TripletLoss loss, Triplets.Found found) {
            for (int a = 0; a < labels.length; a++) {
                int far = -1, near = -1;
                for (int i = 0; i < labels.length; i++) {
                    if (labels[i] != labels[a]) {
                        if (near < 0 || distance[a][i] < distance[a][near]) near = i;
                    } else if (i != a && (far < 0 || distance[a][i] > distance[a][far])) far = i;
                }
                if (far >= 0 && near >= 0) found.add(a, far, near);
            }
        }
    },
    /** Every triplet whose negative is farther than its positive, but not by the margin: {@code d(a, p) < d(a, n) < d(a, p) + margin} (Schroff et al. 2015). */
    SEMI_HARD {
        @Override void mine(double[][] distance, long[] labels, TripletLoss loss, Triplets.Found found) {
            int n = labels.length;
            for (int a = 0; a < n; a++) for (int p = 0; p < n; p++) if (p != a && labels[p] == labels[a]) {
                double near = distance[a][p], far = near + loss.margin();
                for (int q = 0; q < n; q++) if (labels[q] != labels[a] && distance[a][q] > near && distance[a][q] < far) found.add(a, p, q);
            }
        }
    };

    /** @param distance {@code [i][j]}: between rows i and j */
    abstract void mine(double[][] distance, long[] labels, TripletLoss loss, Triplets.Found found);
}
