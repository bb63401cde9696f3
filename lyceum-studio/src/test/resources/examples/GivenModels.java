package examples;

// imports

/** What the examples of architectures leave to their readers, as {@link Given}. */
public abstract class GivenModels {
    public abstract static class Seeing extends Given {
        public Tensor images, images256, noisy, steps, captions, map, positions, visible, proposals, truths, wanted;
        public Pass pass;
        public lyceum.nn.Module teacher;
        public int stepsInEpoch;
    }

    public abstract static class ForAlexNet extends Seeing {}

    public abstract static class ForDetectionScore extends Seeing {
        public Tensor found, truths;
        public int[] kinds, truthKinds;
        public Tensor scores;
    }

    public abstract static class ForBoxOverlap extends Seeing {}

    public abstract static class ForCapsuleNetwork extends Seeing {}

    public abstract static class ForResize extends Seeing {}

    public abstract static class ForResNet extends Seeing {}

    public abstract static class ForSwinTransformer extends Seeing {}

    public abstract static class ForUNet extends Seeing {}

    public abstract static class ForVisionEncoder extends Seeing { public Tensor picture; }

    public abstract static class ForVisionTransformer extends Seeing {}

    public abstract static class ForVitLayout extends Seeing { public lyceum.models.vision.VisionTransformer vit; }

    public abstract static class ForVitVariants extends Seeing {}

    public abstract static class Hiding extends Given {
        public Tensor images, tokens, maskToken, seeds, pool;
        public lyceum.models.vision.VisionTransformer encoder;
        public lyceum.models.vision.VisionTransformerConfig vit;
        public lyceum.train.Trainer trainer;
        public long steps;
    }

    public abstract static class ForMaskedAutoencoder extends Hiding {}

    public abstract static class ForPatchShuffle extends Hiding {}

    public abstract static class ForDinoV2 extends Hiding {}

    public abstract static class ForMultiCrop extends Hiding {}

    public abstract static class ForDataCuration extends Hiding {}

    public abstract static class ForJepa extends Hiding {}

    public abstract static class Detecting extends Given {
        public Tensor images;
        public List<lyceum.models.vision.detect.Detector.Truth> truths;
        public Pass pass;
    }

    public abstract static class ForRegionDetector extends Detecting {}

    public abstract static class ForDetr extends Detecting {}

    public abstract static class ForYolo extends Detecting {}

    public abstract static class Segmenting extends Given {
        public Tensor images, labels, logits;
        public List<lyceum.models.vision.segment.InstanceSegmenter.Instance> instances;
        public lyceum.models.vision.segment.Segmentation truth;
        public Pass pass;
    }

    public abstract static class ForSemanticSegmenter extends Segmenting {}

    public abstract static class ForSegmentation extends Segmenting {}

    public abstract static class ForPcaColour extends Given { public Tensor trainingPictures; }

    public abstract static class Graphing extends Given {
        public lyceum.models.graph.GraphData graph;
        public Tensor h;
        public int features, classes, labelled;
        public int[] nodes;
        public List<lyceum.models.graph.GraphData> graphs;
        public List<lyceum.models.graph.GraphPositions> positions;
        public Pass pass;
    }

    public abstract static class ForGat extends Graphing {}

    public abstract static class ForGcn extends Graphing {}

    public abstract static class ForGraphData extends Graphing {}

    public abstract static class ForGraphPositions extends Graphing {}

    public abstract static class ForGraphTransformer extends Graphing {}

    public abstract static class ForMessagePassing extends Graphing {}

    public abstract static class ForNeighbourLoader extends Graphing { public lyceum.models.graph.Gcn model; }

    public abstract static class Pointing extends Given {
        public Tensor sets, cloud, clouds;
        public Pass pass;
    }

    public abstract static class ForDeepSets extends Pointing {}

    public abstract static class ForPointNet extends Pointing {}

    public abstract static class ForPointNet2 extends Pointing {}

    public abstract static class ForSetTransformer extends Pointing { public int[] lengths; }

    public abstract static class Following extends Given {
        public Tensor source, prompt, ids, images, points, numbers, order, early, late, start;
        public Pass pass;
        public int begin, end;
        public Mlp mlp;
    }

    public abstract static class ForContinuousFlow extends Following {}

    public abstract static class ForContinuousThoughtMachine extends Following {}

    public abstract static class ForEncoderDecoder extends Following { public int[] lengths; }

    public abstract static class ForMamba extends Following {}

    public abstract static class ForNeuralOde extends Following {}

    public abstract static class ForPerceiver extends Following {}

    public abstract static class ForPointerNetwork extends Following {}

    public abstract static class ForRecurrentMixer extends Following { public lyceum.models.sequence.RecurrentMixer layer; }

    public abstract static class ForRecurrentModel extends Following {}

    public abstract static class ForRwkv extends Following { public RecurrentState state; }

    public abstract static class ForSeq2Seq extends Following {
        public List<lyceum.models.sequence.Seq2Seq.Pair> pairs, fresh;
        public int[] source;
    }

    public abstract static class ForNeuralProgramInterpreter extends Following {}

    public abstract static class ForNerf extends Given {
        public List<lyceum.models.threed.PosedView> views;
        public lyceum.models.threed.Camera camera;
    }

    public abstract static class ForGaussianSplatting extends ForNerf {}

    public abstract static class ForTensorOde extends Following {}

    public abstract static class ForNeuralField extends Given { public Tensor pixels; }

    public abstract static class ForDeepBeliefNet extends Given { public Trainer trainer; }

    public abstract static class Coding extends Given {
        public Trainer trainer;
        public lyceum.models.generative.Vae vae;
        public Tensor faces, first, second, labelled, factors;
        public boolean[] smiles;
    }

    public abstract static class ForLatentSpace extends Coding {}

    public abstract static class ForDisentanglement extends Coding {}

    public abstract static class ForWeakSupervision extends Coding {}

    public abstract static class ForGenerativeMetrics extends Given { public Tensor real, fake, train, heldOut; }

    public abstract static class Diffusing extends Given {
        public Tensor start, classes, none, epsilon, data, clean, s;
        public lyceum.models.generative.diffusion.NoiseStreams noise;
        public lyceum.models.generative.diffusion.DiffusionModel model, teacher;
        public lyceum.models.generative.diffusion.DdimSampler sampler;
        public lyceum.models.generative.diffusion.PointDenoiser network, second;
        public Trainer trainer;
        public Progress progress;

        public abstract void show(Tensor picture);
    }

    public abstract static class ForPreview extends Diffusing {}

    public abstract static class ForClassifierFreeGuidance extends Diffusing {}

    public abstract static class ForConsistencyModel extends Diffusing {}

    public abstract static class ForDdimSampler extends Diffusing {}

    public abstract static class ForDdpm extends Diffusing {}

    public abstract static class ForDiffusionModel extends Diffusing {}

    public abstract static class ForFlowMatching extends Diffusing {}

    public abstract static class ForPrediction extends Diffusing {}

    public abstract static class ForScoreMatching extends Diffusing {}

    public abstract static class ForScoreSde extends Diffusing {}

    public abstract static class Pairing extends Given {
        public Tensor images, texts, ids, imagesTest, textsTest;
        public lyceum.models.multimodal.ImageTextEncoder encoder;
        public lyceum.models.multimodal.ContrastiveVlm coca;
        public lyceum.models.vision.VisionTransformerConfig vision;
        public lyceum.models.text.TextTowerConfig text;
        public List<String> captions;
        public java.util.function.Function<String, int[]> tokens;
        public Trainer trainer;
        public Pass pass;
    }

    public abstract static class ForContrastiveVlm extends Pairing {}

    public abstract static class ForClip extends Pairing {}

    public abstract static class ForImageTextEncoder extends Pairing {}

    public abstract static class ForCrossModalAlignment extends Pairing {}

    public abstract static class ForPairRetrieval extends Pairing {}

    public abstract static class ForPromptClassifier extends Pairing {}

    public abstract static class ForSigLip extends Pairing {}

    public abstract static class ForSigmoidContrastiveLoss extends Pairing {}

    public abstract static class ForTextTower extends Given {
        public List<String> captions;
        public java.util.function.Function<String, int[]> tokens;
        public Pass pass;
    }

    public abstract static class ForSharedSpace extends Given {
        public lyceum.models.multimodal.SharedSpace space;
        public Tensor xTest, yTest, prompts;
    }

    public abstract static class Moving extends Given {
        public lyceum.models.generative.diffusion.VideoTransformer network;
        public lyceum.models.generative.diffusion.VideoOptions options;
        public lyceum.models.generative.diffusion.NoiseStreams noise;
        public Tensor clips, directions, pictures;
        public Trainer trainer;
        public Progress progress;
    }

    public abstract static class ForVideoDiffusion extends Moving {}

    public abstract static class ForVideoTransformer extends Given { public Tensor clips, directions; }

    public abstract static class Painting extends Given {
        public lyceum.models.multimodal.AutoregressivePainterConfig config;
        public lyceum.models.multimodal.PictureScorer scorer;
        public lyceum.models.multimodal.ContrastiveVlm clip;
        public lyceum.models.generative.latent.StableDiffusion stableDiffusion;
        public lyceum.models.generative.latent.PromptEncoder text;
        public java.util.function.Function<String, int[]> words;
        public java.util.function.UnaryOperator<String> expander;
        public lyceum.data.scenes.CaptionedScenes scenes;
        public List<lyceum.data.scenes.Scene> asked;
        public List<String> captions, prompts, known;
        public Tensor pictures;
        public Trainer trainer;
        public Progress progress;
    }

    public abstract static class ForAutoregressivePainter extends Painting {}

    public abstract static class ForPictureScorer extends Painting { public lyceum.models.multimodal.TextToImage painter; }

    public abstract static class ForTextToImage extends Painting {}

    public abstract static class ForCaptionPainter extends Given {
        public List<String> captions;
        public Tensor pictures;
        public Pass pass;
    }

    public abstract static class ForSpeechRecognizer extends Given {
        public Tensor spectrograms;
        public Pass pass;
    }

    public abstract static class ForTextToImageAlignment extends Painting {}

    public abstract static class ForPatchCodes extends Given { public Tensor pictures; }

    public abstract static class ForMediaCodes extends Given {
        public lyceum.models.audio.NeuralAudioCodec codec;
        public Tensor pictures, frames;
    }

    public abstract static class ForJointVocabulary extends Given { public lyceum.models.multimodal.MediaCodes image, audio, video; }

    public abstract static class ForUnifiedModel extends Given {
        public lyceum.models.multimodal.JointVocabulary vocabulary;
        public List<lyceum.models.multimodal.UnifiedModel.Document> documents;
        public List<int[]> prompts;
        public Trainer trainer;
        public Progress progress;
    }

    public abstract static class Imagining extends Given {
        public Tensor start, text, noisy, pictures, known, free, t;
        public lyceum.models.generative.diffusion.NoiseStreams noise;
        public lyceum.models.generative.diffusion.DiffusionModel model;
        public lyceum.models.generative.diffusion.DdimSampler sampler;
        public lyceum.models.generative.diffusion.Ddpm ddpm;
        public lyceum.models.generative.latent.AutoencoderKl codec;
        public lyceum.models.generative.latent.ConditionalUNet unet;
        public Trainer trainer;
        public Pass pass;
        public Path folder;
        public abstract int[] tokens(String text);
    }

    public abstract static class ForDpmSolverSampler extends Imagining {}

    public abstract static class ForInpainting extends Imagining {}

    public abstract static class ForAutoencoderKl extends Imagining {}

    public abstract static class ForAutoencoderVq extends Imagining {}

    public abstract static class ForConditionalUNet extends Imagining {}

    public abstract static class ForLatentDiffusion extends Imagining {}

    public abstract static class ForStableDiffusion extends Imagining {}

    public abstract static class Playing extends Given {
        public Tensor data, pictures, classes, samples, z1, z2, points;
        public double[][] centres;
        public lyceum.nn.Module generator, critic;
        public Progress progress;
        public Trainer trainer;
        public lyceum.prob.Distribution noise;
    }

    public abstract static class ForGan extends Playing {}

    public abstract static class ForGanLoss extends Playing {}

    public abstract static class ForLatentNoise extends Playing {}

    public abstract static class ForTabularGame extends Playing {}

    public abstract static class ForModeCoverage extends Playing {}

    public abstract static class ForMappingNetwork extends Playing {}

    public abstract static class ForStyleGenerator extends Playing {}

    public abstract static class ForBigGanGenerator extends Playing {}

    public abstract static class ForEnergyModel extends Playing {}

    public abstract static class ForContrastiveDivergence extends Playing {}

    public abstract static class ForSpectralNorm extends Playing {}

    public abstract static class ForConvNet extends Given { public Tensor pictures; }
}
