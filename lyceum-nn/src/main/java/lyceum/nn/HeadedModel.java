package lyceum.nn;

import lyceum.tensor.Tensor;

/**
 * A backbone and the head that reads it. Parameters are {@code backbone...} and {@code head...}. A backbone whose parameters are all
 * {@linkplain Module#freeze frozen} predicts while the head learns: nothing is dropped in it, and its running statistics stay.
 */
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

    @Override protected Tensor compute(Tensor x, Pass pass) { return head.forward(features(x, pass), pass); }

    private Tensor features(Tensor x, Pass pass) {
        boolean frozen = pass.isTraining() && backbone instanceof Module module && module.isFrozen();
        return backbone.forward(x, frozen ? pass.inferring() : pass);
    }

    /** @param mask (batch, positions) of the backbone's output, true where a position counts */
    public Tensor forward(Tensor x, Tensor mask, Pass pass) { return emit(x, head.forward(features(x, pass), mask, pass), pass); }
}
