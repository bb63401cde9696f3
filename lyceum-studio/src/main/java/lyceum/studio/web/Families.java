package lyceum.studio.web;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Areas in the order in which one would read them, in families, each with a line on what it holds. */
final class Families {

    private static final Map<String, Map<String, String>> FAMILIES = new LinkedHashMap<>();

    static {
        family("Foundations", "Linear Algebra", "Vectors, matrices and the factorisations that everything else stands on.",
                "Calculus and Autodiff", "Slopes, chains of them, and the programs that compute both at once.",
                "Probability and Information", "Chance, distributions, and what a bit of surprise is worth.", "Statistics and Inference",
                "From a sample to a claim, and how sure to be of it.", "Bayesian Methods", "Beliefs as distributions, revised by data.",
                "Causal Inference", "What would have happened otherwise.", "Learning Theory",
                "Why learning works at all, and where it must fail.", "Optimisation",
                "Ways downhill, from one step of gradient descent to second order.");
        family("Classical learning", "Data and Features", "Splits, encodings, scales, leaks: what happens before a model does.",
                "Linear Models", "Weighted sums, and the penalties that keep them honest.", "Trees and Ensembles",
                "Questions in a row, and many trees that vote.", "Kernels and Neighbours", "Learning by likeness.",
                "Clustering and Density", "Groups and shapes without labels.", "Dimensionality Reduction", "Fewer axes, most of the story.",
                "Metrics and Evaluation", "What a score says, and what it hides.", "Calibration and Uncertainty",
                "When 0.83 means 83 percent.");
        family("Deep learning", "Neural Network Basics", "Layers, activations, losses, and the pass back through them.",
                "Training Deep Networks", "Initialisation, normalisation, schedules: what makes depth trainable.", "Attention",
                "Which token looks at which, and what that costs.", "Transformers", "The blocks, the positions, and the stack of them.");
        family("Perception and structure", "Sequences and Time Series", "Order, memory and forecasts.", "Vision",
                "Pixels to edges to objects.", "Audio and Multimodal", "Sound, and senses combined.", "Graphs and Recommenders",
                "Nodes, links, and what to show next.", "Generative Models", "Drawing new samples from what was seen.",
                "Representation Learning", "Features that nobody labelled.");
        family("Language", "Text and Tokens", "From characters to pieces to counts.", "Retrieval", "Finding the passage that answers.",
                "Language Models", "Predicting the next token, and all that follows from it.", "Inference and Serving",
                "Caches, batches and latency.", "Fine-Tuning and Adapters", "A large model made one's own, cheaply.",
                "Compression and Quantisation", "Fewer bits, fewer weights, the same answers.");
        family("Behaviour", "Alignment", "Preferences into weights.", "Reinforcement Learning", "Acting, being paid, acting better.",
                "Prompting and Agents", "Words as programs, tools and plans.", "Interpretability", "Looking inside.", "Safety and Fairness",
                "What may go wrong, and for whom.");
        family("Systems", "Distributed Training", "One model, many machines.", "Operations",
                "Models in production: watched, compared, replaced.");
    }

    private Families() {}

    private static void family(String name, String... areasAndLines) {
        var areas = new LinkedHashMap<String, String>();
        for (int i = 0; i < areasAndLines.length; i += 2) {
            areas.put(areasAndLines[i], areasAndLines[i + 1]);
        }
        FAMILIES.put(name, areas);
    }

    /** Families with their areas, each area with its line. */
    static Map<String, Map<String, String>> all() { return Collections.unmodifiableMap(FAMILIES); }

    /** Areas in reading order. */
    static List<String> areas() { return FAMILIES.values().stream().flatMap(f -> f.keySet().stream()).toList(); }
}
