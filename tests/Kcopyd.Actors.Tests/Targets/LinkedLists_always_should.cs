using CsCheck;
using Kcopyd.Actors.Messaging;
using Xunit;

namespace Kcopyd.Actors.Tests.Targets;

public sealed class LinkedLists_always_should
{
    [Fact]
    public void be_a_queue_like_a_list() => Gen.Int[0, 5].Array[0, 40].Sample(static steps =>
    {
        var queue = default(LinkedQueue<Item>);
        var model = new List<Item>();
        foreach (var step in steps)
        {
            switch (step)
            {
                case 0 or 1:
                    var added = new Item();
                    queue.Add(added);
                    model.Add(added);
                    break;
                case 2:
                    var first = new Item();
                    queue.AddFirst(first);
                    model.Insert(0, first);
                    break;
                case 3:
                    Assert.Equal(model.FirstOrDefault(), queue.Take());
                    model = [.. model.Skip(1)];
                    break;
                case 4 when model.Count > 0:
                    var removed = model[steps.Length % model.Count];
                    queue.Remove(removed);
                    queue.Remove(new Item());
                    model.Remove(removed);
                    break;
                default:
                    var other = default(LinkedQueue<Item>);
                    var moved = new Item();
                    other.Add(moved);
                    queue.Append(ref other);
                    Assert.True(other.IsEmpty);
                    model.Add(moved);
                    break;
            }
            Assert.Equal(model.Count == 0, queue.IsEmpty);
            Assert.Equal(model.FirstOrDefault(), queue.First);
        }
        var all = new List<Item>();
        for (var item = queue.TakeAll(); item is not null; item = item.Following)
            all.Add(item);
        Assert.Equal(model, all);
        Assert.True(queue.IsEmpty);
        queue.Add(new Item());      // it starts again after it was emptied
        Assert.NotNull(queue.Take());
        Assert.Null(queue.Take());
    });

    [Fact]
    public void be_a_set_in_the_order_of_adding() => Gen.Int[0, 7].Array[0, 40].Sample(static steps =>
    {
        var set = new LinkedSet<Item>();
        var items = Enumerable.Range(0, 8).Select(static _ => new Item()).ToArray();
        var model = new List<Item>();
        foreach (var step in steps)
        {
            if (model.Remove(items[step]))
                set.Remove(items[step]);
            else
            {
                set.Add(items[step]);
                model.Add(items[step]);
            }
            var all = new List<Item>();
            for (var item = set.First; item is not null; item = item.After)
                all.Add(item);
            Assert.Equal(model, all);
        }
    });

    private sealed class Item : IQueued<Item>, IMember<Item>
    {
        public Item? Following { get; set; }

        public Item? Before { get; set; }

        public Item? After { get; set; }
    }
}
