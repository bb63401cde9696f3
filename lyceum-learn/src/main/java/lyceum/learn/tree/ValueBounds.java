package lyceum.learn.tree;

import java.util.List;

/**
 * What a node may answer where features are monotone: a split on such a feature puts the middle of its children's answers between all that
 * lies below on either side.
 *
 * @param directions of the columns
 * @param low least answer, in the targets' scale less their mean where the criterion centres them
 * @param high largest answer
 */
record ValueBounds(List<Integer> directions, double low, double high) {
    /** None, or null where no feature is monotone. */
    static ValueBounds of(List<Integer> directions) {
        for (int d : directions) if (d != 0) return new ValueBounds(directions, Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY);
        return null;
    }

    private int direction(int feature) { return feature < directions.size() ? directions.get(feature) : 0; }

    /** Whether children with these weights and sums may stand left and right of a threshold of the feature. */
    boolean allow(int feature, double weightLeft, double sumLeft, double weightRight, double sumRight) {
        double left = sumLeft / weightLeft, right = sumRight / weightRight;
        if (Math.min(left, right) < low || Math.max(left, right) > high) return false;
        return direction(feature) * (right - left) >= 0;
    }

    ValueBounds left(int feature, double middle) { return side(direction(feature), middle); }

    ValueBounds right(int feature, double middle) { return side(-direction(feature), middle); }

    private ValueBounds side(int direction, double middle) {
        if (direction == 0) return this;
        return direction > 0 ? new ValueBounds(directions, low, middle) : new ValueBounds(directions, middle, high);
    }
}
