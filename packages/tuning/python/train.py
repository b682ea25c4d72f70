#!/usr/bin/env python3
"""Trains a LLaMA on dialogues: loss on replies alone, packed, resumable, on one device or many.

    python3 train.py                     # goes on where a run was stopped
    torchrun --nproc-per-node 8 train.py # several GPUs, weights and optimizer sharded among them

Reads config.json and data/ beside it, writes run/ with log.jsonl, checkpoints, and run/model, a folder in the layout of
Hugging Face with safetensors, which `bayling convert run/model model.gguf --type Q8_0` makes a GGUF file of.

Needs PyTorch 1.13 or newer and NumPy. Where Hugging Face Transformers is installed, its model is trained; otherwise the
LLaMA below, which has the same weights under the same names.
"""

import argparse
import contextlib
import json
import math
import os
import shutil
import sys
import time
from pathlib import Path

import numpy as np
import torch
import torch.distributed as dist
from torch import nn
from torch.nn import functional as F
from torch.utils.checkpoint import checkpoint as recompute

# --- data ---------------------------------------------------------------------------------------------------------------


class Dialogues:
    """Token ids of all dialogues behind each other, which of them are replies, and where each dialogue starts."""

    def __init__(self, folder, name):
        self.tokens = np.memmap(folder / f"{name}.tokens", dtype="<u4", mode="r")
        self.is_reply = np.memmap(folder / f"{name}.loss", dtype="u1", mode="r")
        self.starts = np.fromfile(folder / f"{name}.starts", dtype="<u8").astype(np.int64)
        if len(self.tokens) != len(self.is_reply) or self.starts[-1] != len(self.tokens):
            sys.exit(f"{folder / name}: the files do not go together; write the recipe again")

    def __len__(self):
        return len(self.starts) - 1

    def length(self, index, limit):
        return int(min(self.starts[index + 1] - self.starts[index], limit))

    def packs(self, order, limit):
        """Lists of dialogues that fit a row of `limit` tokens together, in the given order."""
        pack, room = [], limit
        for index in order:
            length = self.length(index, limit)
            if length > room and pack:
                yield pack
                pack, room = [], limit
            pack.append(int(index))
            room -= length
        if pack:
            yield pack

    def row(self, pack, limit):
        """ids, targets (-100 where there is no loss), positions, segment numbers (0: padding): each [limit]"""
        ids = np.zeros(limit, np.int64)
        targets = np.full(limit, -100, np.int64)
        positions = np.zeros(limit, np.int64)
        segments = np.zeros(limit, np.int64)
        at = 0
        for number, index in enumerate(pack, 1):
            start, length = self.starts[index], self.length(index, limit)
            tokens = self.tokens[start : start + length].astype(np.int64)
            reply = self.is_reply[start : start + length].astype(bool)
            span = slice(at, at + length)
            ids[span] = tokens
            positions[span] = np.arange(length)
            segments[span] = number
            # Each position predicts the token behind it.
            targets[at : at + length - 1] = np.where(reply[1:], tokens[1:], -100)
            at += length
        return ids, targets, positions, segments

    def batch(self, packs, limit, device):
        rows = [self.row(pack, limit) for pack in packs]
        used = max(int((row[3] > 0).sum()) for row in rows)
        # Nothing is computed for columns that are padding in all rows; a multiple of 8 suits tensor cores.
        used = min(limit, -(-used // 8) * 8)
        return [torch.from_numpy(np.stack(part)[:, :used]).to(device) for part in zip(*rows)]


# --- model --------------------------------------------------------------------------------------------------------------


class RMSNorm(nn.Module):
    def __init__(self, size, epsilon):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(size))
        self.epsilon = epsilon

    def forward(self, x):
        wide = x.float()
        scaled = wide * torch.rsqrt(wide.pow(2).mean(-1, keepdim=True) + self.epsilon)
        return self.weight * scaled.to(x.dtype)


def rotate(x, cosine, sine):
    """x [batch, heads, tokens, size]; the pairs of Hugging Face lie half a head apart"""
    first, second = x.chunk(2, dim=-1)
    return torch.cat((first * cosine - second * sine, second * cosine + first * sine), dim=-1)


def attend(query, key, value, allowed):
    """query [batch, heads, tokens, size], allowed [batch, 1, tokens, tokens]"""
    if hasattr(F, "scaled_dot_product_attention"):
        return F.scaled_dot_product_attention(query, key, value, attn_mask=allowed)
    scores = query @ key.transpose(-1, -2) / math.sqrt(query.size(-1))
    scores = scores.float().masked_fill(~allowed, -1e30)
    return scores.softmax(-1).to(value.dtype) @ value


class Attention(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.heads = config["num_attention_heads"]
        self.key_value_heads = config.get("num_key_value_heads", self.heads)
        self.size = config.get("head_dim") or config["hidden_size"] // self.heads
        width, bias = config["hidden_size"], config.get("attention_bias", False)
        self.q_proj = nn.Linear(width, self.heads * self.size, bias=bias)
        self.k_proj = nn.Linear(width, self.key_value_heads * self.size, bias=bias)
        self.v_proj = nn.Linear(width, self.key_value_heads * self.size, bias=bias)
        self.o_proj = nn.Linear(self.heads * self.size, width, bias=bias)

    def forward(self, x, cosine, sine, allowed):
        batch, tokens, _ = x.shape
        split = lambda y, heads: y.view(batch, tokens, heads, self.size).transpose(1, 2)
        query = rotate(split(self.q_proj(x), self.heads), cosine, sine)
        key = rotate(split(self.k_proj(x), self.key_value_heads), cosine, sine)
        value = split(self.v_proj(x), self.key_value_heads)
        shared = self.heads // self.key_value_heads
        key, value = (y.repeat_interleave(shared, dim=1) for y in (key, value))
        mixed = attend(query, key, value, allowed).transpose(1, 2).reshape(batch, tokens, -1)
        return self.o_proj(mixed)


class FeedForward(nn.Module):
    def __init__(self, config):
        super().__init__()
        width, inner = config["hidden_size"], config["intermediate_size"]
        self.gate_proj = nn.Linear(width, inner, bias=False)
        self.up_proj = nn.Linear(width, inner, bias=False)
        self.down_proj = nn.Linear(inner, width, bias=False)

    def forward(self, x):
        return self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))


class Layer(nn.Module):
    def __init__(self, config):
        super().__init__()
        width, epsilon = config["hidden_size"], config.get("rms_norm_eps", 1e-5)
        self.input_layernorm = RMSNorm(width, epsilon)
        self.self_attn = Attention(config)
        self.post_attention_layernorm = RMSNorm(width, epsilon)
        self.mlp = FeedForward(config)

    def forward(self, x, cosine, sine, allowed):
        x = x + self.self_attn(self.input_layernorm(x), cosine, sine, allowed)
        return x + self.mlp(self.post_attention_layernorm(x))


class Backbone(nn.Module):
    def __init__(self, config):
        super().__init__()
        width = config["hidden_size"]
        self.embed_tokens = nn.Embedding(config["vocab_size"], width)
        self.layers = nn.ModuleList(Layer(config) for _ in range(config["num_hidden_layers"]))
        self.norm = RMSNorm(width, config.get("rms_norm_eps", 1e-5))


class Llama(nn.Module):
    """Names of weights are those of Hugging Face."""

    def __init__(self, config, recompute_layers=False):
        super().__init__()
        self.model = Backbone(config)
        self.lm_head = nn.Linear(config["hidden_size"], config["vocab_size"], bias=False)
        self.recompute_layers = recompute_layers
        size = self.model.layers[0].self_attn.size
        theta = config.get("rope_theta", 10000.0)
        frequencies = theta ** (-torch.arange(0, size, 2, dtype=torch.float64) / size)
        self.register_buffer("frequencies", frequencies.float(), persistent=False)
        deviation = config.get("initializer_range", 0.02)
        for name, parameter in self.named_parameters():
            if parameter.dim() < 2:
                continue
            # What is added to the residual shrinks with the number of layers (GPT-2).
            residual = name.endswith(("o_proj.weight", "down_proj.weight"))
            scale = math.sqrt(2 * config["num_hidden_layers"]) if residual else 1.0
            nn.init.normal_(parameter, std=deviation / scale)
        if config.get("tie_word_embeddings", False):
            self.lm_head.weight = self.model.embed_tokens.weight

    def forward(self, ids, positions, allowed, wanted):
        """ids, positions and wanted [batch, tokens], allowed [batch, 1, tokens, tokens] -> scores [wanted, vocabulary]"""
        x = self.model.embed_tokens(ids)
        angles = positions[:, None, :, None].float() * self.frequencies
        cosine, sine = angles.cos().to(x.dtype), angles.sin().to(x.dtype)
        for layer in self.model.layers:
            if self.recompute_layers and self.training:
                x = recompute(layer, x, cosine, sine, allowed, use_reentrant=False)
            else:
                x = layer(x, cosine, sine, allowed)
        # Scores cost as much as several layers of a small model, and most tokens are prompts.
        return self.lm_head(self.model.norm(x[wanted]))


class TransformersModel(nn.Module):
    """A model of Hugging Face Transformers, called as the LLaMA above is."""

    def __init__(self, config, recompute_layers):
        super().__init__()
        import transformers

        kind = {key: value for key, value in config.items() if key not in ("architectures", "torch_dtype", "bayling")}
        settings = transformers.AutoConfig.for_model(**kind)
        self.inner = transformers.AutoModelForCausalLM.from_config(settings)
        if recompute_layers:
            self.inner.gradient_checkpointing_enable()

    def forward(self, ids, positions, allowed, wanted):
        closed = torch.zeros(allowed.shape, dtype=torch.float32, device=ids.device)
        closed = closed.masked_fill(~allowed, torch.finfo(torch.float32).min)
        return self.inner(input_ids=ids, position_ids=positions, attention_mask=closed, use_cache=False).logits[wanted]


def build_model(config, engine, recompute_layers):
    """A fresh model, and the module whose weights have the names of Hugging Face."""
    if engine == "auto":
        engine = "transformers" if has_transformers() else "plain"
        # The plain LLaMA knows no other kinds of models and no scaled RoPE.
        if engine == "plain" and (config["model_type"] not in ("llama", "mistral") or config.get("rope_scaling")):
            sys.exit(f"{config['model_type']} with these settings needs Transformers: pip install transformers")
    if engine == "transformers":
        model = TransformersModel(config, recompute_layers)
        return model, model.inner
    model = Llama(config, recompute_layers)
    return model, model


def drop_out(model, share):
    """Leaves out a share of what each layer adds, and of embeddings, while the model is in training."""
    if not 0 <= share < 1:
        sys.exit(f"dropout: expected a share from 0 to less than 1, got {share}")

    def drop(module, _, output):
        return F.dropout(output, share, module.training)

    for name, module in model.named_modules():
        if share > 0 and name.endswith(("o_proj", "down_proj", "embed_tokens")):
            module.register_forward_hook(drop)


def has_transformers():
    try:
        import transformers  # noqa: F401

        return True
    except ImportError:
        return False


def visible_positions(segments):
    """Each token sees those before it in its own dialogue, and itself: [batch, 1, tokens, tokens]"""
    tokens = segments.size(1)
    same = segments[:, None, :, None] == segments[:, None, None, :]
    earlier = torch.ones(tokens, tokens, dtype=torch.bool, device=segments.device).tril()
    return same & earlier


# --- safetensors --------------------------------------------------------------------------------------------------------

TYPES = {"F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}
WORDS = {"F32": "<f4", "F16": "<f2", "BF16": "<i2"}


def read_safetensors(path):
    with open(path, "rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
        start = file.tell()
        for name, entry in header.items():
            if name == "__metadata__":
                continue
            file.seek(start + entry["data_offsets"][0])
            count = (entry["data_offsets"][1] - entry["data_offsets"][0]) // np.dtype(WORDS[entry["dtype"]]).itemsize
            numbers = torch.from_numpy(np.fromfile(file, WORDS[entry["dtype"]], count))
            if entry["dtype"] == "BF16":
                numbers = numbers.view(torch.bfloat16)
            yield name, numbers.reshape(entry["shape"])


def write_safetensors(path, tensors):
    """float32, as they were trained; `bayling convert` makes them smaller"""
    header, offset = {}, 0
    for name, tensor in tensors.items():
        size = tensor.numel() * 4
        header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [offset, offset + size]}
        offset += size
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    temporary = path.with_suffix(".part")
    with open(temporary, "wb") as file:
        file.write(len(text).to_bytes(8, "little"))
        file.write(text)
        for tensor in tensors.values():
            file.write(tensor.float().contiguous().numpy().astype("<f4").tobytes())
    os.replace(temporary, path)


def load_base(named, folder):
    """Copies the weights of a checkpoint; embeddings of a larger vocabulary keep their new rows as they are."""
    files = sorted(folder.glob("*.safetensors"))
    if not files:
        sys.exit(f"{folder}: there are no safetensors; convert or download the model first")
    missing = dict(named.named_parameters())
    with torch.no_grad():
        for file in files:
            for name, tensor in read_safetensors(file):
                target = missing.pop(name, None)
                if target is not None:
                    target[: tensor.size(0)].copy_(tensor)
    if missing:
        sys.exit(f"{folder}: lacks {', '.join(list(missing)[:3])}")


# --- many devices -------------------------------------------------------------------------------------------------------


class World:
    """The processes that train together; alone without torchrun."""

    def __init__(self):
        self.size = int(os.environ.get("WORLD_SIZE", "1"))
        self.rank = int(os.environ.get("RANK", "0"))
        local = int(os.environ.get("LOCAL_RANK", "0"))
        if torch.cuda.is_available():
            torch.cuda.set_device(local)
            self.device = torch.device("cuda", local)
        else:
            self.device = torch.device("cpu")
        if self.size > 1:
            dist.init_process_group("nccl" if self.device.type == "cuda" else "gloo")

    @property
    def is_first(self):
        return self.rank == 0

    def wrap(self, model, parallel):
        """Shards weights among GPUs (FSDP), or copies them (DDP)."""
        model = model.to(self.device)
        if self.size == 1:
            return model
        if parallel == "auto":
            parallel = "fsdp" if self.device.type == "cuda" else "ddp"
        if parallel == "ddp":
            return nn.parallel.DistributedDataParallel(model)
        from torch.distributed.fsdp import FullyShardedDataParallel, MixedPrecision
        from torch.distributed.fsdp.wrap import size_based_auto_wrap_policy

        options = {"device_id": self.device, "auto_wrap_policy": size_based_auto_wrap_policy}
        if torch.cuda.is_bf16_supported():
            options["mixed_precision"] = MixedPrecision(param_dtype=torch.bfloat16, reduce_dtype=torch.float32)
        return FullyShardedDataParallel(model, **options)

    def sum(self, *numbers):
        total = torch.tensor(numbers, dtype=torch.float64, device=self.device)
        if self.device.type == "cuda":
            total = total.float()
        if self.size > 1:
            dist.all_reduce(total)
        return total.tolist()

    def wait(self):
        if self.size > 1:
            dist.barrier()


def whole_weights(model, named, world):
    """All weights on the first process, by the names of Hugging Face; None on the others."""
    if type(model).__name__ == "FullyShardedDataParallel":
        from torch.distributed.fsdp import FullStateDictConfig, StateDictType

        full = FullStateDictConfig(offload_to_cpu=True, rank0_only=True)
        with type(model).state_dict_type(model, StateDictType.FULL_STATE_DICT, full):
            weights = model.state_dict()
    else:
        weights = named.state_dict()
    if not world.is_first:
        return None
    weights = {name.replace("inner.", "", 1): tensor.detach().cpu() for name, tensor in weights.items()}
    tied = "lm_head.weight" in weights and named.config_of_run.get("tie_word_embeddings", False)
    return {name: tensor for name, tensor in weights.items() if not (tied and name == "lm_head.weight")}


# --- training -----------------------------------------------------------------------------------------------------------


def learning_rate(step, settings, steps):
    """Rises to its peak, then falls along a cosine."""
    warm_up = settings["warmup_steps"]
    if step < warm_up:
        return settings["learning_rate"] * (step + 1) / warm_up
    share = (step - warm_up) / max(1, steps - warm_up)
    least = settings["minimum_learning_rate_ratio"]
    return settings["learning_rate"] * (least + (1 - least) * 0.5 * (1 + math.cos(math.pi * min(1.0, share))))


def parameter_groups(model, decay):
    """Weight decay is for matrices; norms and biases keep their size."""
    matrices = [p for p in model.parameters() if p.requires_grad and p.dim() >= 2]
    others = [p for p in model.parameters() if p.requires_grad and p.dim() < 2]
    return [{"params": matrices, "weight_decay": decay}, {"params": others, "weight_decay": 0.0}]


class Trainer:
    def __init__(self, folder, out, config, options):
        self.out, self.config, self.settings = out, config, config["training"]
        self.world = World()
        settings = self.settings
        torch.manual_seed(settings["seed"])
        model, named = build_model(config["model"], options.engine, settings["recompute_layers"])
        named.config_of_run = config["model"]
        if config.get("base"):
            load_base(named, (folder / config["base"]).resolve())
        drop_out(named, settings["dropout"])
        self.named = named
        self.model = self.world.wrap(model, options.parallel)
        if options.compile:
            self.model = torch.compile(self.model)
        self.optimizer = torch.optim.AdamW(
            parameter_groups(self.model, settings["weight_decay"]),
            lr=settings["learning_rate"],
            betas=(settings["beta1"], settings["beta2"]),
        )
        self.train = Dialogues(folder / "data", "train")
        self.valid = Dialogues(folder / "data", "valid")
        self.limit = settings["context_length"]
        self.steps = self.count_steps()
        self.step, self.best = 0, math.inf
        self.forgotten_after = options.stop_after

    # A step is `batch_rows` rows of every process, in pieces of `micro_rows`.

    def epoch_packs(self, epoch):
        order = np.random.RandomState((self.settings["seed"] + 1000003 * epoch) % 2**32).permutation(len(self.train))
        packs = list(self.train.packs(order, self.limit))
        rows = self.settings["batch_rows"] * self.world.size
        return [packs[at : at + rows] for at in range(0, max(1, len(packs) - rows + 1), rows)]

    def count_steps(self):
        if self.settings.get("steps"):
            return self.settings["steps"]
        return max(1, round(self.settings["epochs"] * len(self.epoch_packs(0))))

    def batches(self):
        """From the step at which the run stands, through as many epochs as it takes."""
        epoch, before = 0, 0
        while True:
            packs = self.epoch_packs(epoch)
            for rows in packs[max(0, self.step - before) :]:
                yield rows
            before += len(packs)
            epoch += 1

    def precision(self):
        kind = self.settings["precision"]
        if kind == "auto":
            usable = self.world.device.type == "cuda" and torch.cuda.is_bf16_supported()
            kind = "bf16" if usable else "fp32"
        if kind == "fp32":
            return contextlib.nullcontext()
        return torch.autocast(self.world.device.type, dtype=torch.bfloat16)

    def loss(self, packs):
        """Sum over the tokens of replies, and their number."""
        ids, targets, positions, segments = self.train.batch(packs, self.limit, self.world.device)
        return self.loss_of(ids, targets, positions, segments)

    def loss_of(self, ids, targets, positions, segments):
        wanted = targets >= 0
        with self.precision():
            scores = self.model(ids, positions, visible_positions(segments), wanted)
        smoothing = self.settings["label_smoothing"] if self.model.training else 0.0
        losses = F.cross_entropy(scores.float(), targets[wanted], reduction="sum", label_smoothing=smoothing)
        return losses, int(wanted.sum())

    def evaluate(self):
        self.model.eval()
        total, count = 0.0, 0
        packs = list(self.valid.packs(np.arange(len(self.valid)), self.limit))[: self.settings["evaluation_rows"]]
        mine = packs[self.world.rank :: self.world.size]
        # With sharded weights every process has to take part in every forward pass.
        rounds = -(-len(packs) // self.world.size)
        with torch.no_grad():
            for at in range(rounds):
                pack = mine[at] if at < len(mine) else packs[0]
                parts = self.valid.batch([pack], self.limit, self.world.device)
                loss, tokens = self.loss_of(*parts)
                if at < len(mine):
                    total, count = total + float(loss), count + tokens
        self.model.train()
        total, count = self.world.sum(total, count)
        return total / max(1.0, count)

    def run(self):
        self.resume()
        self.model.train()
        began, seen = time.monotonic(), 0
        for packs in self.batches():
            if self.step >= self.steps or (self.forgotten_after and self.step >= self.forgotten_after):
                break
            loss, tokens = self.train_step(packs)
            self.step += 1
            seen += tokens
            if self.step % self.settings["log_every"] == 0 or self.step == self.steps:
                rate = seen / max(1e-9, time.monotonic() - began)
                self.log({"step": self.step, "loss": loss, "reply_tokens_per_second": round(rate, 1)})
                began, seen = time.monotonic(), 0
            if self.step % self.settings["evaluate_every"] == 0 or self.step == self.steps:
                self.keep_best(self.evaluate())
            if self.step % self.settings["checkpoint_every"] == 0 or self.step == self.steps:
                self.save()
        if self.world.is_first:
            print(f"trained {self.step} of {self.steps} steps; the best model is in {self.out / 'model'}")

    def train_step(self, packs):
        settings, world = self.settings, self.world
        # What is dropped out in a step depends on the step alone, so that a run that was stopped goes on the same.
        torch.manual_seed((settings["seed"] * 1000003 + self.step) * world.size + world.rank)
        rate = learning_rate(self.step, settings, self.steps)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        mine = packs[world.rank :: world.size] or packs[:1]
        parts = [mine[at : at + settings["micro_rows"]] for at in range(0, len(mine), settings["micro_rows"])]
        # Replies differ in length: the mean is over all their tokens, not over means of pieces.
        wanted = sum(int((self.train.row(pack, self.limit)[1] >= 0).sum()) for pack in mine)
        (wanted,) = world.sum(wanted)
        self.optimizer.zero_grad(set_to_none=True)
        summed, counted = 0.0, 0
        for number, part in enumerate(parts):
            last = number == len(parts) - 1
            waits = hasattr(self.model, "no_sync") and not last and world.size > 1
            with self.model.no_sync() if waits else contextlib.nullcontext():
                total, tokens = self.loss(part)
                # Gradients of processes are averaged.
                (total * world.size / max(1.0, wanted)).backward()
            summed, counted = summed + float(total.detach()), counted + tokens
        clip = settings["clip_norm"]
        if hasattr(self.model, "clip_grad_norm_"):
            self.model.clip_grad_norm_(clip)
        else:
            nn.utils.clip_grad_norm_(self.model.parameters(), clip)
        self.optimizer.step()
        summed, counted = world.sum(summed, counted)
        return summed / max(1.0, counted), int(counted)

    def keep_best(self, loss):
        self.log({"step": self.step, "validation_loss": loss})
        if loss >= self.best:
            return
        self.best = loss
        weights = whole_weights(self.model, self.named, self.world)
        if weights is None:
            return
        folder = self.out / "model"
        folder.mkdir(parents=True, exist_ok=True)
        write_safetensors(folder / "model.safetensors", weights)
        (folder / "config.json").write_text(json.dumps(self.config["model"], indent=2) + "\n")
        for file in (Path(__file__).parent / "tokenizer").glob("*"):
            shutil.copy(file, folder / file.name)

    def log(self, entry):
        if not self.world.is_first:
            return
        print(" ".join(f"{key} {value:.4f}" if isinstance(value, float) else f"{key} {value}" for key, value in entry.items()))
        sys.stdout.flush()
        with open(self.out / "log.jsonl", "a") as file:
            file.write(json.dumps(entry) + "\n")

    # Weights and optimizer of each process by itself: so a sharded run needs no gathering, and goes on with as many
    # processes as it began with.

    def checkpoint_path(self):
        return self.out / "checkpoint" / f"{self.world.rank}-of-{self.world.size}.pt"

    def local_state(self):
        if type(self.model).__name__ != "FullyShardedDataParallel":
            return contextlib.nullcontext()
        from torch.distributed.fsdp import StateDictType

        return type(self.model).state_dict_type(self.model, StateDictType.LOCAL_STATE_DICT)

    def save(self):
        path = self.checkpoint_path()
        path.parent.mkdir(parents=True, exist_ok=True)
        with self.local_state():
            # The safe reader of PyTorch 1.13 knows tensors and strings, but no floats.
            run = {"step": self.step, "best": self.best, "config": self.config}
            state = {
                "run": json.dumps(run),
                "weights": self.model.state_dict(),
                "optimizer": self.optimizer.state_dict()["state"],
            }
        temporary = path.with_suffix(".part")
        torch.save(state, temporary)
        # All processes have written before the first one replaces what was there.
        self.world.wait()
        os.replace(temporary, path)
        self.world.wait()

    def resume(self):
        path = self.checkpoint_path()
        if not path.exists():
            if any(path.parent.glob("*.pt")):
                sys.exit(f"{path.parent} was written by another number of processes: run with as many")
            if self.world.is_first:
                self.out.mkdir(parents=True, exist_ok=True)
                (self.out / "log.jsonl").write_text("")
            return
        state = torch.load(path, map_location=self.world.device, weights_only=True)
        run = json.loads(state["run"])
        if run["config"] != self.config:
            sys.exit(f"{path} is of a run with other settings: give this one another folder with --out")
        with self.local_state():
            self.model.load_state_dict(state["weights"])
        groups = self.optimizer.state_dict()["param_groups"]
        self.optimizer.load_state_dict({"state": state["optimizer"], "param_groups": groups})
        self.step, self.best = run["step"], run["best"]
        if self.world.is_first:
            self.forget_later_lines()
            print(f"goes on at step {self.step} of {self.steps}")

    def forget_later_lines(self):
        """What was logged after the checkpoint will be logged again."""
        path = self.out / "log.jsonl"
        lines = path.read_text().splitlines() if path.exists() else []
        kept = [line for line in lines if line.endswith("}") and json.loads(line)["step"] <= self.step]
        path.write_text("".join(line + "\n" for line in kept))


def main():
    parser = argparse.ArgumentParser(description="Trains a LLaMA on the dialogues of this folder.")
    folder = Path(__file__).resolve().parent
    parser.add_argument("--out", type=Path, default=folder / "run", help="checkpoints, log and model go there")
    parser.add_argument("--engine", choices=["auto", "plain", "transformers"], default="auto")
    parser.add_argument("--parallel", choices=["auto", "ddp", "fsdp"], default="auto", help="with torchrun")
    parser.add_argument("--compile", action="store_true", help="torch.compile, of PyTorch 2 on")
    parser.add_argument("--threads", type=int, help="of the processor")
    parser.add_argument("--stop-after", type=int, help="stop at this step; the next run goes on")
    options = parser.parse_args()
    if options.threads:
        torch.set_num_threads(options.threads)
    if options.compile and not hasattr(torch, "compile"):
        sys.exit("--compile needs PyTorch 2")
    config = json.loads((folder / "config.json").read_text())
    Trainer(folder, options.out.resolve(), config, options).run()
    if dist.is_initialized():
        dist.destroy_process_group()


if __name__ == "__main__":
    main()
