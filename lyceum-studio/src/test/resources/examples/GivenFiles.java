package examples;

// imports

/** What the examples of trained models, their files and their tuning leave to their readers, as {@link Given}. */
public abstract class GivenFiles {
    public abstract static class ForSavedModel extends Given {
        public ResNetConfig config;
        public Path folder;
    }

    public abstract static class ForPictureReward extends Given {
        public VisionEncoder vision;
        public Trainer trainer;
        public Tensor better, worse, texts;
        public PromptEncoder text;
        public TextToImage painter;
        public Progress progress;
    }

    public abstract static class ForPictureTuning extends Given {
        public VideoDiffusion model, reference;
        public Trainer trainer;
        public Tensor winners, losers, pictures, texts;
        public double[] scores;
        public CaptionedScenes world;
        public List<Scene> scenes;
        public Progress progress;
    }
}
