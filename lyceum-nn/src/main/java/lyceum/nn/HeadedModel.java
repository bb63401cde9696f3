package lyceum.nn;

import lyceum.tensor.Tensor;

/** A backbone and the head that reads it. Parameters are {@code backbone...} and {@code head...}. */
public final class HeadedModel extends Module {
    private final Layer backbone;
    private final ClassificationHead head;

    HeadedModel(Layer backbone, ClassificationHead head) {
        this.backbone = backbone;
        this.head = head;
    }

    public Layer backbone() { return backbone; }

    public ClassificationHead head() { return head; }

    /** This very backbone under another head. */
    public HeadedModel with(ClassificationHead head) { return new HeadedModel(backbone, head); }

    @Override protected Tensor compute(Tensor x, Pass pass) { return head.forward(backbone.forward(x, pass), pass); }

    /** @param mask (batch, positions) of the backbone's output, true where a position counts */
    public Tensor forward(Tensor x, Tensor mask, Pass pass) { return emit(x, head.forward(backbone.forward(x, pass), mask, pass), pass); }
}
