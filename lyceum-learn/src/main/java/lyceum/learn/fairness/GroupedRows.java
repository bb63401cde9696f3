package lyceum.learn.fairness;

import java.util.Arrays;
import lyceum.ShapeException;
import lyceum.stats.learner.Labels;
import lyceum.stats.learner.LearnerInput;
import lyceum.tensor.Tensor;

/** Checked labels and groups of training rows. */
record GroupedRows(Tensor x, long[] labels, Labels groups) {
    static GroupedRows of(String operation, Tensor x, Tensor labels, Tensor groups) {
        var rows = LearnerInput.matrix(operation, x, true).x();
        return new GroupedRows(rows, binary(operation, labels.toLongArray(), rows.size(0)),
                groups(operation, groups.toLongArray(), rows.size(0)));
    }

    static long[] binary(String operation, long[] labels, long rows) {
        if (labels.length != rows) throw new ShapeException(operation + ": " + rows + " rows but " + labels.length + " labels");
        for (int i = 0; i < labels.length; i++)
            if (labels[i] != 0 && labels[i] != 1)
                throw new IllegalArgumentException(operation + ": label " + i + " is " + labels[i] + "; it is 0 or 1");
        return labels;
    }

    static Labels groups(String operation, long[] groups, long rows) {
        if (groups.length != rows) throw new ShapeException(operation + ": " + rows + " rows but " + groups.length + " groups");
        return Labels.of(groups);
    }

    /** The code of a group that was seen in training. */
    static int code(String operation, long[] known, long group) {
        int at = Arrays.binarySearch(known, group);
        if (at < 0) throw new IllegalArgumentException(operation + ": group " + group + " was not in the training rows");
        return at;
    }
}
