package lyceum.data;

import java.util.Arrays;
import lyceum.random.Rng;

/**
 * Iterative stratification of rows with several labels (Sechidis, Tsoumakas and Vlahavas 2011): the rarest label is dealt out first, each row to the
 * part that lacks that label most. Then rows change places while that brings a label nearer to its share.
 */
final class MultiLabelStrata {
    /** Candidates looked at for one exchange; more find little. */
    private static final int LOOK = 200;

    private final boolean[][] labels;
    private final int[] part;
    private final int[] room;
    private final double[][] lack;
    private final Rng rng;

    private MultiLabelStrata(boolean[][] labels, int[] sizes, double[] shares, Rng rng) {
        this.labels = labels;
        this.rng = rng;
        this.part = new int[labels.length];
        this.room = sizes.clone();
        this.lack = new double[labels.length == 0 ? 0 : labels[0].length][shares.length];
        Arrays.fill(part, -1);
        for (var row : labels)
            for (int l = 0; l < row.length; l++) if (row[l]) for (int p = 0; p < shares.length; p++) lack[l][p] += shares[p];
    }

    /** The part of each row; parts have exactly {@code sizes} rows. */
    static int[] assign(boolean[][] labels, int[] sizes, double[] shares, Rng rng) {
        var strata = new MultiLabelStrata(labels, sizes, shares, rng);
        strata.deal();
        strata.exchange();
        return strata.part;
    }

    private void deal() {
        var order = rng.permutation(labels.length);
        var left = new int[lack.length];
        for (var row : labels) for (int l = 0; l < left.length; l++) if (row[l]) left[l]++;
        for (int label = rarest(left); label >= 0; label = rarest(left)) for (int row : order) if (part[row] < 0 && labels[row][label]) {
            place(row, neediest(label));
            for (int l = 0; l < left.length; l++) if (labels[row][l]) left[l]--;
        }
        for (int row : order) if (part[row] < 0) place(row, roomiest());
    }

    private static int rarest(int[] left) {
        int best = -1;
        for (int l = 0; l < left.length; l++) if (left[l] > 0 && (best < 0 || left[l] < left[best])) best = l;
        return best;
    }

    private int neediest(int label) {
        int best = -1;
        for (int p = 0; p < room.length; p++) {
            if (room[p] == 0) continue;
            if (best < 0 || lack[label][p] > lack[label][best] || lack[label][p] == lack[label][best] && room[p] > room[best]) best = p;
        }
        return best;
    }

    private int roomiest() {
        int best = 0;
        for (int p = 1; p < room.length; p++) if (room[p] > room[best]) best = p;
        return best;
    }

    private void place(int row, int to) {
        part[row] = to;
        room[to]--;
        for (int l = 0; l < lack.length; l++) if (labels[row][l]) lack[l][to]--;
    }

    /** Each exchange lowers the sum of squared lacks, so this ends; the bound is for large tables. */
    private void exchange() { for (int step = 0; step < 50 * lack.length * room.length; step++) if (!exchangeForWorst()) return; }

    private boolean exchangeForWorst() {
        int label = -1, at = -1;
        for (int l = 0; l < lack.length; l++)
            for (int p = 0; p < room.length; p++)
                if (Math.abs(lack[l][p]) >= 1 && (label < 0 || Math.abs(lack[l][p]) > Math.abs(lack[label][at]))) {
                    label = l;
                    at = p;
                }
        if (label < 0) return false;
        boolean give = lack[label][at] < 0;
        var mine = candidates(label, give, at, true);
        var others = candidates(label, !give, at, false);
        double best = -1e-9;
        int a = -1, b = -1;
        for (int i : mine) for (int j : others) {
            double change = change(i, j);
            if (change < best) {
                best = change;
                a = i;
                b = j;
            }
        }
        if (a < 0) return false;
        swap(a, b);
        return true;
    }

    private int[] candidates(int label, boolean has, int at, boolean inside) {
        var found = new int[LOOK];
        int n = 0, start = labels.length == 0 ? 0 : rng.nextInt(labels.length);
        for (int i = 0; i < labels.length && n < LOOK; i++) {
            int row = (start + i) % labels.length;
            if (labels[row][label] == has && (part[row] == at) == inside) found[n++] = row;
        }
        return Arrays.copyOf(found, n);
    }

    /** By how much the sum of squared lacks changes when rows a and b change places. */
    private double change(int a, int b) {
        int p = part[a], q = part[b];
        double sum = 0;
        for (int l = 0; l < lack.length; l++) {
            if (labels[a][l] == labels[b][l]) continue;
            int gain = labels[a][l] ? 1 : -1;
            sum += 2 * gain * (lack[l][p] - lack[l][q]) + 2;
        }
        return sum;
    }

    private void swap(int a, int b) {
        int p = part[a], q = part[b];
        for (int l = 0; l < lack.length; l++) {
            int gain = (labels[a][l] ? 1 : 0) - (labels[b][l] ? 1 : 0);
            lack[l][p] += gain;
            lack[l][q] -= gain;
        }
        part[a] = q;
        part[b] = p;
    }
}
