"""What leads the UNet: the language model's last hidden states over the prompt, or the features it predicts from it."""

from __future__ import annotations

from enum import Enum

from torch import Tensor, nn

from export.networks import LanguageModel
from export.reference.condition import Condition
from export.training.unimo.batch import PromptBatch
from export.training.unimo.prediction import predicted_features


class Trained(Enum):
    """Which part of the language model is trained: UNIMO-G trains none."""

    NONE = "none"
    LAST = "last"
    ALL = "all"


def set_trained(model: LanguageModel, part: Trained) -> None:
    """Freeze all of the model but `part`; the last block goes with the last norm and the output projector."""
    model.requires_grad_(requires_grad=part is Trained.ALL)
    if part is Trained.LAST:
        for module in (model.layers[-1], model.norm, model.output_projector):
            module.requires_grad_(requires_grad=True)


class HiddenStates(nn.Module):
    """UNIMO-G's conditioning: hidden states of every position, through a linear layer to the UNet's width.

    The layer begins as the language model's own output projector, so that each position begins as the feature the
    model would predict there, in the scale the UNet already reads. Trained by the UNet's loss alone.
    """

    opens_image = False

    def __init__(self, language: LanguageModel) -> None:
        super().__init__()
        self.language = language
        self.projection = nn.Linear(language.size.hidden, language.output_projector.out_features, bias=False)
        self.projection.load_state_dict(language.output_projector.state_dict())

    def forward(self, prompts: PromptBatch) -> Condition:
        """States [B, T, D] at text and reference positions alike; pooled is their mean over what is no padding."""
        hidden, _ = self.language.hidden(prompts.ids, prompts.features, prompts.is_feature)
        states = self.projection(hidden) * prompts.real[..., None]
        pooled: Tensor = states.sum(1) / prompts.real.sum(1, keepdim=True)
        return Condition(states, pooled, prompts.real)


class PredictedFeatures(nn.Module):
    """WeGen's conditioning: the 64 features the language model predicts, each from its own ones before.

    The UNet's loss does not reach the language model; where that is trained, it is by regression (WeGen's stage 2).
    """

    opens_image = True

    def __init__(self, language: LanguageModel, features: int) -> None:
        super().__init__()
        self.language, self.features = language, features

    def forward(self, prompts: PromptBatch) -> Condition:
        """States [B, 64, D] and their mean, for prompts that end with `<img>`."""
        return Condition.of_features(predicted_features(self.language, prompts, self.features))


Conditioning = HiddenStates | PredictedFeatures
